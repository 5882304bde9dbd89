"""The stand-in of Grafana, as a process on loopback; a `psql` of the test stands for PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.render.grafana import render_dashboard_provider, render_datasources
from lab import paths
from ops.rotate import programs
from ops.rotate.programs import Answer
from tests.unit.lab.stand_ins import Running, started

OPERATOR = ("operator", "password-of-the-operator")
SCRAPER = ("prometheus", "password-of-the-scraper")
_PSQL = """\
#!/bin/sh
# Keeps one account, and refuses a wrong password as psql would.
read -r query
[ "$PGPASSWORD" = right ] || { echo 'FATAL:  password authentication failed' >&2; exit 2; }
row=$(echo "$query" | sed "s/.*VALUES (//; s/).*//; s/'//g; s/, /|/g")
case $query in
INSERT*NOTHING*) [ -e "$0.row" ] || echo "$row" >"$0.row" ;;
INSERT*UPDATE*) echo "$row" >"$0.row" ;;
SELECT\\ salt*) cut -d'|' -f2- "$0.row" ;;
esac
"""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Variables as the spec and the image's start script give them, with one dashboard."""
    psql, folder = tmp_path / "psql", tmp_path / "provisioning"
    psql.write_text(_PSQL)
    psql.chmod(0o755)
    for name in ("datasources", "dashboards", "boards"):
        (folder / name).mkdir(parents=True)
    (folder / "datasources" / "swarm.yml").write_text(render_datasources(prometheus_url="http://p:9090"))
    provider = render_dashboard_provider(folder=str(folder / "boards"))
    (folder / "dashboards" / "swarm.yml").write_text(provider)
    (folder / "boards" / "overview.json").write_text('{"uid": "overview", "title": "Overview"}')
    return {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GF_AUTH_ANONYMOUS_ENABLED": "false",
        "GF_DATABASE_HOST": "oracle-postgres:5432",
        "GF_DATABASE_NAME": "grafana",
        "GF_DATABASE_PASSWORD": "right",
        "GF_DATABASE_TYPE": "postgres",
        "GF_DATABASE_USER": "grafana",
        "GF_METRICS_BASIC_AUTH_PASSWORD": SCRAPER[1],
        "GF_METRICS_BASIC_AUTH_USERNAME": SCRAPER[0],
        "GF_PATHS_PROVISIONING": str(folder),
        "GF_SECURITY_ADMIN_PASSWORD": OPERATOR[1],
        "GF_SECURITY_ADMIN_USER": OPERATOR[0],
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": "0",
        "GF_USERS_ALLOW_SIGN_UP": "false",
    }


@pytest.fixture
def pages(env: dict[str, str]) -> Iterator[Running]:
    with started("lab.fakes.grafana", "server", **env) as running:
        yield running


def run(env: dict[str, str], *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab.fakes.grafana", *arguments],
        cwd=paths.REPO,
        env={**os.environ, **env},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_strangers_find_the_sign_in_and_the_health_only(pages: Running) -> None:
    front = httpx.get(pages.url)
    assert (front.status_code, front.headers["location"]) == (302, "/login")
    assert "STAND-IN" in httpx.get(f"{pages.url}/login").text
    assert httpx.get(f"{pages.url}/api/health").json()["database"] == "ok"
    for path in ("/api/search", "/api/datasources", "/api/org", "/metrics"):
        assert httpx.get(pages.url + path).status_code == 401


def test_the_operator_finds_what_is_provisioned(pages: Running) -> None:
    found = httpx.get(f"{pages.url}/api/search", auth=OPERATOR).json()
    sources = httpx.get(f"{pages.url}/api/datasources", auth=OPERATOR).json()

    assert [(each["uid"], each["folderTitle"]) for each in found] == [("overview", "Swarm")]
    assert [(each["uid"], each["url"]) for each in sources] == [("prometheus", "http://p:9090")]


def test_the_scraper_reads_figures_and_nothing_else(pages: Running) -> None:
    text = httpx.get(f"{pages.url}/metrics", auth=SCRAPER).text

    assert 'grafana_build_info{edition="stand-in",version="13.2.3"} 1.0' in text
    assert "grafana_stat_totals_dashboard 1.0" in text
    assert httpx.get(f"{pages.url}/api/search", auth=SCRAPER).status_code == 401


def test_a_password_in_the_settings_counts_at_the_first_start_only(env: dict[str, str]) -> None:
    with started("lab.fakes.grafana", "server", **env):
        pass
    later = {**env, "GF_SECURITY_ADMIN_PASSWORD": "another-password"}
    with started("lab.fakes.grafana", "server", **later) as running:
        ask = programs.page(f"{running.url}/api/search")
        assert (ask(OPERATOR[1]).answer, ask("another-password").answer) == (Answer.ACCEPTED, Answer.REFUSED)

        options = ("--homepath", "/h", "--config", "/c", "admin", "reset-admin-password")
        done = run(later, "cli", *options, "--password-from-stdin", typed="another-password")

        assert done.returncode == 0, done.stderr
        assert (ask(OPERATOR[1]).answer, ask("another-password").answer) == (Answer.REFUSED, Answer.ACCEPTED)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("datasources/swarm.yml", "datasources: [", "must be YAML"),
        ("datasources/swarm.yml", "apiVersion: 1\ndatasources: [{name: P}]", "uid must be set"),
        ("boards/overview.json", "{", "must be JSON"),
        ("boards/overview.json", '{"title": "Overview"}', "uid must be set"),
        ("boards/again.json", '{"uid": "overview", "title": "Again"}', "must be unique"),
    ],
)
def test_broken_provisioning_ends_it_with_the_file(
    env: dict[str, str], file: str, text: str, said: str
) -> None:
    (Path(env["GF_PATHS_PROVISIONING"]) / file).write_text(text)

    done = run(env, "server")

    assert done.returncode == 1
    assert said in done.stderr


def test_without_its_database_it_does_not_start(env: dict[str, str]) -> None:
    done = run({**env, "GF_DATABASE_PASSWORD": "wrong"}, "server")

    assert done.returncode == 1
    assert "password authentication failed" in done.stderr
