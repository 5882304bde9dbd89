log_level = "info"

vault {
  address = "https://198.18.0.11:8200"
  ca_cert = "/agent/ca.pem"
  retry {
    num_retries = 6
  }
}

auto_auth {
  method "approle" {
    mount_path = "auth/approle"
    # Also how late the agent may be back after the server was away.
    max_backoff = "30s"
    config = {
      role_id_file_path = "/agent/role_id"
      secret_id_file_path = "/run/secrets/secret_id"
      # Read anew at each login, so that a new id needs no restart and a restart finds one.
      remove_secret_id_file_after_reading = false
    }
  }
}

template_config {
  static_secret_render_interval = "60s"
  # An agent does not log in again when its token is refused, e.g. by a server that began anew: it ends, is started
  # again and logs in.
  exit_on_retry_failure = true
}

template {
  source = "/agent/templates/postgres/postgres_password.ctmpl"
  destination = "/secrets/postgres/postgres_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres/litellm_database_password.ctmpl"
  destination = "/secrets/postgres/litellm_database_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres/open_webui_database_password.ctmpl"
  destination = "/secrets/postgres/open_webui_database_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres/grafana_database_password.ctmpl"
  destination = "/secrets/postgres/grafana_database_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres/exporter_password.ctmpl"
  destination = "/secrets/postgres/exporter_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres/version.ctmpl"
  destination = "/secrets/postgres/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/redis/users.acl.ctmpl"
  destination = "/secrets/redis/users.acl"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/redis/version.ctmpl"
  destination = "/secrets/redis/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres-exporter/password.ctmpl"
  destination = "/secrets/postgres-exporter/password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/postgres-exporter/version.ctmpl"
  destination = "/secrets/postgres-exporter/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/redis-exporter/passwords.json.ctmpl"
  destination = "/secrets/redis-exporter/passwords.json"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/redis-exporter/version.ctmpl"
  destination = "/secrets/redis-exporter/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/litellm/master_key.ctmpl"
  destination = "/secrets/litellm/master_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/litellm/salt_key.ctmpl"
  destination = "/secrets/litellm/salt_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/litellm/engine_key.ctmpl"
  destination = "/secrets/litellm/engine_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/litellm/redis_password.ctmpl"
  destination = "/secrets/litellm/redis_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/litellm/railway_key.ctmpl"
  destination = "/secrets/litellm/railway_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/litellm/version.ctmpl"
  destination = "/secrets/litellm/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/haproxy/operators.cfg.ctmpl"
  destination = "/secrets/haproxy/operators.cfg"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/haproxy/tls.pem.ctmpl"
  destination = "/secrets/haproxy/tls.pem"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/haproxy/keys.ctmpl"
  destination = "/secrets/haproxy/keys"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/haproxy/cloud_keys.ctmpl"
  destination = "/secrets/haproxy/cloud_keys"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/haproxy/version.ctmpl"
  destination = "/secrets/haproxy/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/database_url.ctmpl"
  destination = "/secrets/open-webui/database_url"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/documents_key.ctmpl"
  destination = "/secrets/open-webui/documents_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/gateway_key.ctmpl"
  destination = "/secrets/open-webui/gateway_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/redis_url.ctmpl"
  destination = "/secrets/open-webui/redis_url"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/admin_password.ctmpl"
  destination = "/secrets/open-webui/admin_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/session_key.ctmpl"
  destination = "/secrets/open-webui/session_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/open-webui/version.ctmpl"
  destination = "/secrets/open-webui/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/grafana/database_password.ctmpl"
  destination = "/secrets/grafana/database_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/grafana/metrics_password.ctmpl"
  destination = "/secrets/grafana/metrics_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/grafana/admin_password.ctmpl"
  destination = "/secrets/grafana/admin_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/grafana/secret_key.ctmpl"
  destination = "/secrets/grafana/secret_key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/grafana/version.ctmpl"
  destination = "/secrets/grafana/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/prometheus/oracle-litellm.key.ctmpl"
  destination = "/secrets/prometheus/oracle-litellm.key"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/prometheus/oracle-haproxy.password.ctmpl"
  destination = "/secrets/prometheus/oracle-haproxy.password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/prometheus/grafana_metrics_password.ctmpl"
  destination = "/secrets/prometheus/grafana_metrics_password"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/prometheus/oracle-consul.token.ctmpl"
  destination = "/secrets/prometheus/oracle-consul.token"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/prometheus/version.ctmpl"
  destination = "/secrets/prometheus/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/consul/tokens.json.ctmpl"
  destination = "/secrets/consul/tokens.json"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/consul/management-token.ctmpl"
  destination = "/secrets/consul/management-token"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

template {
  source = "/agent/templates/consul/version.ctmpl"
  destination = "/secrets/consul/.version"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}

