"""What the rendered files must say, whatever else is in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from components.catalogue.swarm import swarm
from components.model.specs import ServiceSpec
from components.render.text import from_template
from tests.unit.components.stacks import STACKS, settings


def service(stack: str, full_name: str, **changes: object) -> ServiceSpec:
    specs = [spec for specs in swarm(settings(stack, **changes)).values() for spec in specs]
    return next(spec for spec in specs if spec.full_name == full_name)


def text(stack: str, full_name: str, file: str, **changes: object) -> str:
    configuration = service(stack, full_name, **changes).configuration
    assert configuration is not None
    return next(item.text for item in configuration.files if item.name == file)


def sections(config: str) -> dict[str, list[str]]:
    """Sections of an HAProxy configuration: header to its lines without comments."""
    found: dict[str, list[str]] = {}
    for line in config.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            found[line] = []
        elif line.strip() and not line.strip().startswith("#"):
            found[list(found)[-1]].append(line.strip())
    return found


def haproxy(stack: str = "prod", **changes: object) -> dict[str, list[str]]:
    return sections(text(stack, "oracle-haproxy", "haproxy.cfg", **changes))


def gateway(stack: str = "prod", **changes: object) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text(stack, "oracle-litellm", "config.yaml", **changes))
    return loaded


def test_a_placeholder_without_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="key_file"):
        from_template("vllm/start.sh")


@pytest.mark.parametrize("stack", STACKS)
def test_no_placeholder_is_left(stack: str) -> None:
    everything = [spec for specs in swarm(settings(stack)).values() for spec in specs]
    rendered = [file.text for spec in everything if spec.configuration for file in spec.configuration.files]
    assert rendered
    assert not [one for one in rendered if "§" in one]


def test_streams_are_not_held_back() -> None:
    lines = [line for section in haproxy().values() for line in section]
    assert "option http-no-delay" in lines
    assert not [line for line in lines if line.startswith(("compression", "filter"))]


def test_front_door_speaks_tls_1_2_or_later_and_http_2() -> None:
    config = haproxy()
    assert "ssl-default-bind-options ssl-min-ver TLSv1.2" in config["global"]
    assert "bind :8443 name https ssl crt /run/secrets/tls.pem alpn h2,http/1.1" in config["frontend api"]


def test_each_engine_gets_as_many_requests_as_it_can_work_on() -> None:
    servers = {
        name: next(line for line in lines if line.startswith("server "))
        for name, lines in haproxy().items()
        if name.startswith("listen pool-")
    }
    starts = {name: re.sub(r" check.*", "", line) for name, line in servers.items()}
    assert starts == {
        "listen pool-primary": "server starlord-vllm-primary 100.72.73.3:8000 maxconn 16",
        "listen pool-secondary": "server starlord-vllm-secondary 100.72.73.3:8001 maxconn 10",
        "listen pool-backup": "server thanos-vllm-backup 100.122.12.54:8002 maxconn 8",
    }


def test_engines_see_only_paths_that_ask_for_the_key() -> None:
    pools = [lines for name, lines in haproxy().items() if name.startswith("listen pool-")]
    assert len(pools) == 3
    assert all("http-request deny deny_status 404 unless { path_beg /v1/ }" in lines for lines in pools)


def test_only_the_last_engine_lets_requests_wait_long() -> None:
    waits = [line for lines in haproxy().values() for line in lines if line.startswith("timeout queue")]
    assert waits == ["timeout queue 30s", "timeout queue 2s", "timeout queue 2s", "timeout queue 30s"]


def test_rate_limit_is_the_one_of_the_settings() -> None:
    lines = haproxy(gateway__requests_per_minute=7)["frontend api"]
    (limit,) = [line for line in lines if "429" in line]
    assert limit.endswith("if { sc_http_req_rate(0,clients) gt 7 }")
    assert "more than 7 requests in a minute" in limit


def test_pages_for_operators_ask_for_a_password() -> None:
    config = haproxy()
    for name in ("frontend stats", "listen prometheus"):
        assert "http-request auth realm swarm unless { http_auth(operators) }" in config[name]


def test_without_database_the_proxy_refuses_unknown_keys_itself() -> None:
    (rule,) = [line for line in haproxy("lab")["frontend api"] if "status 401" in line]
    assert rule.endswith(
        "unless { path /health/liveliness } || { req.fhdr(authorization) -m str -f /run/secrets/keys }"
    )
    assert not [line for line in haproxy("prod")["frontend api"] if "status 401" in line]


def test_proxy_is_checked_and_signalled_to_take_a_new_configuration() -> None:
    configuration = service("prod", "oracle-haproxy").configuration
    assert configuration is not None
    assert configuration.reload is not None
    assert configuration.reload.signal == "USR2"
    assert configuration.reload.check == (
        "haproxy",
        "-c",
        "-f",
        "{folder}/haproxy.cfg",
        "-f",
        "/run/secrets/operators.cfg",
    )


def test_cascade_goes_from_primary_to_backup_through_the_proxy() -> None:
    steps = [
        (step["litellm_params"]["order"], step["model_info"]["id"], step["litellm_params"]["api_base"])
        for step in gateway()["model_list"]
    ]
    assert steps == [
        (1, "starlord-vllm-primary", "http://oracle-haproxy:8100/v1"),
        (2, "starlord-vllm-secondary", "http://oracle-haproxy:8101/v1"),
        (3, "thanos-vllm-backup", "http://oracle-haproxy:8102/v1"),
    ]


def test_pools_listen_where_the_cascade_expects_them() -> None:
    binds = [
        line for name, lines in haproxy().items() if name.startswith("listen pool-") for line in lines[:1]
    ]
    bases = [step["litellm_params"]["api_base"] for step in gateway()["model_list"]]
    assert [f"http://oracle-haproxy{bind.removeprefix('bind ')}/v1" for bind in binds] == bases


def test_clients_see_one_model_name() -> None:
    names = {step["model_name"] for step in gateway(models__public_name="house")["model_list"]}
    assert names == {"house"}


def test_no_model_is_free_because_free_models_slip_past_budgets() -> None:
    prices = [
        step["litellm_params"][key]
        for step in gateway()["model_list"]
        for key in ("input_cost_per_token", "output_cost_per_token")
    ]
    assert len(prices) == 6
    assert min(prices) > 0


def test_gateway_never_tries_one_engine_twice_and_takes_it_back_soon() -> None:
    config = gateway()
    assert config["router_settings"]["num_retries"] == config["litellm_settings"]["num_retries"] == 0
    assert config["router_settings"]["cooldown_time"] <= 10


def test_answers_are_kept_only_for_requests_that_ask_for_it() -> None:
    assert gateway()["litellm_settings"]["cache_params"]["mode"] == "default_off"


def test_proxy_waits_for_an_answer_as_long_as_the_gateway() -> None:
    seconds = gateway()["litellm_settings"]["request_timeout"]
    assert {f"timeout client {seconds}s", f"timeout server {seconds}s"} <= set(haproxy()["defaults"])
    assert {step["litellm_params"]["timeout"] for step in gateway()["model_list"]} == {seconds}


def test_database_is_named_only_where_there_is_one() -> None:
    assert gateway("prod")["general_settings"]["database_url"] == "os.environ/DATABASE_URL"
    assert gateway("lab")["general_settings"] == {"master_key": "os.environ/LITELLM_MASTER_KEY"}


@pytest.mark.parametrize("stack", STACKS)
def test_variables_of_the_gateway_are_exported_by_its_start_script(stack: str) -> None:
    needed = set(re.findall(r"os\.environ/(\w+)", text(stack, "oracle-litellm", "config.yaml")))
    exported = set(re.findall(r"^export (\w+)$", text(stack, "oracle-litellm", "start.sh"), re.MULTILINE))
    assert needed <= exported
    assert exported - needed == {"LITELLM_SALT_KEY"}


def test_workers_are_those_of_the_settings() -> None:
    assert "--num_workers 3" in text("prod", "oracle-litellm", "start.sh", gateway__workers=3)


def test_every_service_with_metrics_is_scraped_where_it_answers() -> None:
    config = yaml.safe_load(text("prod", "oracle-prometheus", "prometheus.yml"))
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"][0]
        for job in config["scrape_configs"]
        if job["static_configs"][0]["labels"]["watch"] == "metrics"
    }
    assert targets == {
        "oracle-litellm": "oracle-litellm:4000",
        "oracle-haproxy": "oracle-haproxy:8888",
        "oracle-grafana": "oracle-grafana:3000",
        "oracle-prometheus": "oracle-prometheus:9090",
        "oracle-consul": "oracle-consul:8500",
        "oracle-postgres-exporter": "oracle-postgres-exporter:9187",
        "oracle-redis-exporter": "oracle-redis-exporter:9121",
        "oracle-node-exporter": "oracle-node-exporter:9100",
        "oracle-alertmanager": "oracle-alertmanager:9093",
        "oracle-blackbox-exporter": "oracle-blackbox-exporter:9115",
        "starlord-node-exporter": "100.72.73.3:9100",
        "thanos-node-exporter": "100.122.12.54:9100",
        "thanos-thermal-monitor": "100.122.12.54:9092",
        "starlord-gpu-monitor": "100.72.73.3:9091",
        "starlord-vllm-primary": "100.72.73.3:8000",
        "starlord-vllm-secondary": "100.72.73.3:8001",
        "thanos-vllm-backup": "100.122.12.54:8002",
        "thanos-documents": "100.122.12.54:5001",
    }


def test_scrapes_that_need_a_key_read_it_from_a_file() -> None:
    config = yaml.safe_load(text("prod", "oracle-prometheus", "prometheus.yml"))
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert jobs["oracle-litellm"]["authorization"] == {"credentials_file": "/run/secrets/oracle-litellm.key"}
    assert jobs["oracle-haproxy"]["basic_auth"] == {
        "username": "operator",
        "password_file": "/run/secrets/oracle-haproxy.password",
    }
    assert jobs["oracle-consul"]["authorization"] == {"credentials_file": "/run/secrets/oracle-consul.token"}


def test_a_scrape_asks_with_the_parameters_of_its_service() -> None:
    config = yaml.safe_load(text("prod", "oracle-prometheus", "prometheus.yml"))
    asked = {job["job_name"]: job["params"] for job in config["scrape_configs"] if "params" in job}
    assert asked["oracle-consul"] == {"format": ["prometheus"]}


def test_database_accepts_the_node_network_and_the_nodes_and_nobody_else() -> None:
    lines = text("prod", "oracle-postgres", "pg_hba.conf").splitlines()
    hosts = [line.split()[3:] for line in lines if "sameuser" in line]
    assert hosts == [
        [network, "scram-sha-256"]
        for network in (
            "127.0.0.1/32",
            "172.20.1.0/24",
            "100.96.197.84/32",
            "100.72.73.3/32",
            "100.122.12.54/32",
        )
    ]
    assert "trust" not in "".join(lines)


def test_cache_leaves_room_in_its_limit_and_shows_nothing_without_a_password() -> None:
    spec = service("prod", "oracle-redis")
    assert f"maxmemory {spec.limits.memory_mib * 6 // 10}mb" in text("prod", "oracle-redis", "redis.conf")
    (users,) = spec.secrets
    assert [part for part in users.parts if isinstance(part, str) and part != "\n"] == [
        "user default on nopass resetkeys resetchannels -@all +ping\n",
        "user swarm on ~* &* +@all -@admin -@dangerous +info >",
        "user open_webui on ~open-webui:* &* +@all -@admin -@dangerous +info >",
        (
            "user exporter on resetkeys resetchannels -@all +ping +info +client|setname +latency|latest "
            "+latency|histogram +slowlog|len >"
        ),
    ]
    assert len(set(users.references)) == 3
