"""A key of another company: with it there is a route with a budget, without it there is nothing of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from components.catalogue import vault
from components.catalogue.keys import EXTERNAL_KEYS, external_key
from components.catalogue.swarm import swarm
from components.config.load import parse
from components.config.settings import Settings
from components.model import external_keys
from components.model.secrets import SecretRef, SecretSource
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import STACKS, raw, settings

GEMINI = "gemini_api_key"
ALTERNATE = "gemini_alternate_api_key"
OPENROUTER = "openrouter_api_key"
PERPLEXITY = "perplexity_api_key"
ALL = (OPENROUTER, GEMINI, ALTERNATE)


def in_stack(*keys: str, stack: str = "prod", **changes: object) -> Settings:
    return parse({**raw(stack, **changes), **dict.fromkeys(keys, "a-key")}, encrypted=keys)


def spec(found: Settings, name: str = "oracle-litellm") -> ServiceSpec:
    return next(item for specs in swarm(found).values() for item in specs if item.full_name == name)


def text(of: ServiceSpec, name: str) -> str:
    assert of.configuration is not None
    (found,) = (file.text for file in of.configuration.files if file.name == name)
    return found


def config(found: Settings) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text(spec(found), "config.yaml"))
    return loaded


def routes(found: Settings) -> list[tuple[int, str, str]]:
    """Place in the cascade, model and key of each step that is not the swarm's own."""
    return [
        (step["litellm_params"]["order"], step["litellm_params"]["model"], step["litellm_params"]["api_key"])
        for step in config(found)["model_list"]
        if "api_base" not in step["litellm_params"] and step["model_name"] == "swarm"
    ]


def files(found: Settings) -> set[str]:
    return {file.name for file in spec(found).secrets}


@pytest.mark.parametrize("stack", STACKS)
def test_without_a_key_there_is_no_route_no_budget_and_no_file(stack: str) -> None:
    found = settings(stack)
    assert routes(found) == []
    assert "provider_budget_config" not in config(found)["router_settings"]
    assert not files(found) & set(external_keys.EXTERNAL_KEYS)
    assert "API_KEY" not in text(spec(found), "start.sh")


@pytest.mark.parametrize("stack", STACKS)
def test_each_key_adds_its_route_behind_the_swarms_own_engines(stack: str) -> None:
    first = 5 if settings(stack).railway.enabled else 4  # behind Railway's router

    assert routes(in_stack(*ALL, stack=stack)) == [
        (first, "openrouter/mistralai/mixtral-8x7b-instruct", "os.environ/OPENROUTER_API_KEY"),
        (first + 1, "gemini/gemini-2.5-flash-lite", "os.environ/GEMINI_API_KEY"),
        (first + 2, "gemini/gemini-2.5-flash-lite", "os.environ/GEMINI_ALTERNATE_API_KEY"),
    ]


def test_a_route_whose_key_is_missing_leaves_no_gap() -> None:
    assert routes(in_stack(ALTERNATE)) == [
        (4, "gemini/gemini-2.5-flash-lite", "os.environ/GEMINI_ALTERNATE_API_KEY")
    ]


@pytest.mark.parametrize(
    ("keys", "budgets"),
    [
        ((OPENROUTER,), {"openrouter": {"budget_limit": 3, "time_period": "1d"}}),
        # what both accounts share in the cascade, and embeddings, which the first account makes
        ((ALTERNATE,), {"gemini": {"budget_limit": 1, "time_period": "1d"}}),
        ((GEMINI, ALTERNATE), {"gemini": {"budget_limit": 2, "time_period": "1d"}}),
        ((PERPLEXITY,), {"perplexity": {"budget_limit": 1, "time_period": "1d"}}),
        (
            ALL,
            {
                "openrouter": {"budget_limit": 3, "time_period": "1d"},
                "gemini": {"budget_limit": 2, "time_period": "1d"},
            },
        ),
    ],
)
def test_a_paid_route_has_the_budget_of_its_provider(keys: tuple[str, ...], budgets: object) -> None:
    assert config(in_stack(*keys))["router_settings"]["provider_budget_config"] == budgets


def test_a_paid_route_has_the_prices_of_the_settings_and_never_none() -> None:
    """A model without a price would slip past its budget."""
    model = {
        "model": "x/y",
        "dollars_per_day": 7,
        "input_dollars_per_million": 2,
        "output_dollars_per_million": 5,
    }
    found = in_stack(OPENROUTER, remote={"openrouter": model})
    parameters = config(found)["model_list"][-1]["litellm_params"]
    assert parameters["input_cost_per_token"] == pytest.approx(2e-6)
    assert parameters["output_cost_per_token"] == pytest.approx(5e-6)
    assert config(found)["router_settings"]["provider_budget_config"]["openrouter"]["budget_limit"] == 7


def test_clients_see_the_same_model_name_for_paid_routes_of_the_cascade() -> None:
    found = config(in_stack(*ALL, models__public_name="house"))["model_list"]
    in_cascade = {step["model_name"] for step in found if "order" in step["litellm_params"]}
    assert in_cascade == {"house"}


@pytest.mark.parametrize(
    ("key", "name", "model"),
    [
        (PERPLEXITY, "swarm-research", "perplexity/sonar"),
        (GEMINI, "swarm-embedding", "gemini/gemini-embedding-001"),
    ],
)
def test_what_only_one_provider_can_do_has_a_name_of_its_own(key: str, name: str, model: str) -> None:
    def named(found: Settings) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = config(found)["model_list"]
        return [step["litellm_params"] for step in steps if step["model_name"] == name]

    (with_key,) = named(in_stack(key))
    assert (with_key["model"], with_key["api_key"]) == (model, f"os.environ/{key.upper()}")
    assert "order" not in with_key
    assert named(in_stack(*{*ALL, PERPLEXITY} - {key})) == []
    assert name in {settings("prod").models.research_name, settings("prod").models.embedding_name}


@pytest.mark.parametrize("stack", STACKS)
def test_every_paid_model_has_a_price_and_a_budget_for_itself_and_for_its_provider(stack: str) -> None:
    found = config(in_stack(*EXTERNAL_KEYS, stack=stack))
    providers = found["router_settings"]["provider_budget_config"]
    paid = [
        step["litellm_params"] for step in found["model_list"] if "api_base" not in step["litellm_params"]
    ]
    assert len(paid) == 5
    for step in paid:
        budget = providers[step["model"].partition("/")[0]]
        # Perplexity's answers say what they cost; with a price LiteLLM would not listen to them
        assert step.get("input_cost_per_token", 0) > 0 or step["model"] == "perplexity/sonar"
        assert 0 < step["max_budget"] <= budget["budget_limit"]
        assert step["budget_duration"] == budget["time_period"] == "1d"


def test_a_key_without_a_model_makes_no_route() -> None:
    found = in_stack(*ALL, remote={})
    assert routes(found) == []
    assert not files(found) & set(ALL)


def test_every_key_of_a_route_is_a_file_that_the_start_script_exports() -> None:
    found = in_stack(*ALL)
    assert set(ALL) <= files(found)
    for name in ALL:
        export = f"{name.upper()}=$(cat /run/secrets/{name})\nexport {name.upper()}\n"
        assert export in text(spec(found), "start.sh")


def test_keys_that_no_service_uses_reach_none() -> None:
    unused = [name for name, key in EXTERNAL_KEYS.items() if not key.used_by]
    references = {
        ref.name
        for specs in swarm(in_stack(*EXTERNAL_KEYS)).values()
        for item in specs
        for ref in item.all_references
    }
    assert not references & set(unused)
    assert references >= set(EXTERNAL_KEYS) - set(unused)


def test_users_of_a_key_are_those_that_the_catalogue_says() -> None:
    services = [item for specs in swarm(in_stack(*EXTERNAL_KEYS)).values() for item in specs]
    for name, key in EXTERNAL_KEYS.items():
        using = [item.full_name for item in services if name in {ref.name for ref in item.all_references}]
        assert using == list(key.used_by), name


def test_a_key_is_a_reference_to_where_it_is() -> None:
    assert external_key(in_stack(GEMINI), GEMINI) == SecretRef(name=GEMINI, source=SecretSource.CONFIGURED)
    in_vault = settings("prod", keys_in_vault={GEMINI: 3})
    assert external_key(in_vault, GEMINI) == SecretRef(name=GEMINI, source=SecretSource.VAULT, times_set=3)
    assert external_key(settings("prod"), GEMINI) is None


def test_a_key_in_vault_is_read_by_the_agent_that_may_and_by_no_other() -> None:
    found = settings("prod", keys_in_vault={GEMINI: 1, "brave_api_key": 1})
    content = vault.contents(found, swarm(found))
    readable = {
        node: re.findall(r"secret/data/(external/.+)\"", access.policy)
        for node, access in content.nodes.items()
    }
    assert readable == {
        "oracle": [f"external/{GEMINI}"],
        "starlord": [],
        "thanos": ["external/brave_api_key"],
    }
    template = text(spec(found, "oracle-agent"), f"templates/litellm/{GEMINI}.ctmpl")
    assert f'with secret "secret/data/external/{GEMINI}"' in template
    assert 'index $entry0 "value"' in template
    assert GEMINI not in {ref.name for ref in content.nodes["oracle"].entries["litellm"].fields}


def test_a_key_in_the_stack_is_a_field_of_its_users_entry() -> None:
    found = in_stack(GEMINI)
    content = vault.contents(found, swarm(found))
    assert GEMINI in {ref.name for ref in content.nodes["oracle"].entries["litellm"].fields}
    assert "external" not in content.nodes["oracle"].policy
