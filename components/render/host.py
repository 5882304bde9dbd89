"""Files of a machine's system: kernel settings, an order of units, the power cap of cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from components.model.host import KernelSetting
from components.render.text import from_template


def render_kernel_settings(settings: Iterable[KernelSetting]) -> str:
    """Text of a file for `/etc/sysctl.d`, each setting below its reason."""
    return "".join(f"# {setting.reason}\n{setting.name} = {setting.value}\n" for setting in settings)


def render_docker_order() -> str:
    """Drop-in that starts Docker after Tailscale."""
    return from_template("host/docker-after-tailscale.conf")


def render_power_cap_unit(script: str) -> str:
    """Unit that runs the script at that path."""
    return from_template("host/gpu-power-cap.service", script=script)


def render_power_cap_script(watts: Mapping[int, int]) -> str:
    """Script that caps cards, by their index."""
    caps = "\n".join(f"{card} {cap}" for card, cap in watts.items())
    return from_template("host/gpu-power-cap.sh", caps=caps)
