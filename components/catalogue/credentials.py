"""Secrets that more than one service needs, by reference: sharing the reference is sharing the value."""

from __future__ import annotations

from typing import Final

from components.model.secrets import SecretForm, SecretRef, SecretSource

POSTGRES_PASSWORD: Final = SecretRef(name="postgres-password")
LITELLM_DATABASE_PASSWORD: Final = SecretRef(name="litellm-database-password")
REDIS_PASSWORD: Final = SecretRef(name="redis-password")
LITELLM_MASTER_KEY: Final = SecretRef(name="litellm-master-key", length=48)
LITELLM_SALT_KEY: Final = SecretRef(name="litellm-salt-key", length=48, kept_with_data=True)
"""Encrypts what LiteLLM stores: once anything is stored under it, it must never change."""

ENGINE_KEY: Final = SecretRef(name="engine-key", length=48)
OPERATOR_PASSWORD: Final = SecretRef(name="operator-password")
"""Password of the pages for people, the proxy's statistics and Prometheus."""

OPEN_WEBUI_DATABASE_PASSWORD: Final = SecretRef(name="open-webui-database-password")
OPEN_WEBUI_REDIS_PASSWORD: Final = SecretRef(name="open-webui-redis-password")
OPEN_WEBUI_SESSION_KEY: Final = SecretRef(name="open-webui-session-key", length=48)
GRAFANA_DATABASE_PASSWORD: Final = SecretRef(name="grafana-database-password")
GRAFANA_METRICS_PASSWORD: Final = SecretRef(name="grafana-metrics-password")
GRAFANA_SECRET_KEY: Final = SecretRef(name="grafana-secret-key", length=48, kept_with_data=True)
"""Encrypts what Grafana keeps in its database: once anything is stored under it, it must never change."""

POSTGRES_EXPORTER_PASSWORD: Final = SecretRef(name="postgres-exporter-password")
REDIS_EXPORTER_PASSWORD: Final = SecretRef(name="redis-exporter-password")
CONSUL_GOSSIP_KEY: Final = SecretRef(name="consul-gossip-key", form=SecretForm.BASE64, length=32)
CONSUL_MANAGEMENT_TOKEN: Final = SecretRef(name="consul-management-token", form=SecretForm.UUID)
CONSUL_AGENT_TOKEN: Final = SecretRef(name="consul-agent-token", form=SecretForm.UUID)
DOCUMENTS_KEY: Final = SecretRef(name="documents-key", length=48)
"""What the document processor asks its clients for."""

RAG_KEY: Final = SecretRef(name="rag-key", length=48)
"""What the RAG pipeline asks its clients for."""

RAILWAY_ROUTER_KEY: Final = SecretRef(name="railway-router-key", length=48)
RAILWAY_MODEL_KEY: Final = SecretRef(name="railway-model-key", length=48)
RAILWAY_REDIS_PASSWORD: Final = SecretRef(name="railway-redis-password")
RAILWAY_DASHBOARD_PASSWORD: Final = SecretRef(name="railway-dashboard-password")

TLS_CERTIFICATE: Final = SecretRef(name="tls_certificate", source=SecretSource.CONFIGURED)
TLS_PRIVATE_KEY: Final = SecretRef(name="tls_private_key", source=SecretSource.CONFIGURED)

LITELLM_MASTER_KEY_PARTS: Final = ("sk-", LITELLM_MASTER_KEY)
"""LiteLLM refuses keys without this prefix."""

RAILWAY_ROUTER_KEY_PARTS: Final = ("sk-", RAILWAY_ROUTER_KEY)
"""A key of its own: what opens the gateway on oracle is never known at Railway."""

OPERATOR_NAME: Final = "operator"
LITELLM_NAME: Final = "litellm"
"""Role and database of LiteLLM in PostgreSQL."""

REDIS_NAME: Final = "swarm"
"""User of Redis that LiteLLM logs in as."""

OPEN_WEBUI_NAME: Final = "open_webui"
"""Role and database of Open WebUI in PostgreSQL, and its user of Redis."""

GRAFANA_NAME: Final = "grafana"
"""Role and database of Grafana in PostgreSQL."""

EXPORTER_NAME: Final = "exporter"
"""Who asks PostgreSQL and Redis for figures, and may do nothing else: a role there, a user here."""
