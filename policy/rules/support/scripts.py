"""What may run as root on a machine, written down a second time beside the program's own scripts.

A remote command is a root shell. The pack must not ask the program that it judges, so a script that changes
takes two edits, one here, and both show in review. `tests/policy/test_known_commands.py` keeps this list from
going stale, and names the digest that is missing.
"""

from __future__ import annotations

from collections.abc import Mapping

RUN = "fceefcf4f66132de93bbdf52365300226a3ed9c496b566377af81b67a499bd95"
"""SHA-256 of the words of the shell that run the script in the first line of standard input."""

SCRIPTS: Mapping[str, str] = {
    "bootstrap": "de5106f52cbccbe0be2e773d9ecaed7a7ba8a97f7990eeab7dd3e2b1b8f10784",
    "deliver": "281c8b21248aa7a54370643b804f9506f66f255e86c9544bf5cc10b500c01e72",
    "give-over": "4f7b126afd647d6193d82d349612a6dfbdfc07a1efa8afa0422323fbdb0c2900",
    "prepare-host": "aa500d683c710afd0cc2f0837da63ac2b2b11332f0323b07b7561fb8881d0d61",
    "ready": "45c182792809e1be3dbab7a267ae91aa512a6915758157173a5e1528279158cf",
}
"""SHA-256 of each script by the name that it runs under."""

RELOADS: Mapping[str, tuple[str, ...]] = {
    "alertmanager": ("HUP", "amtool", "check-config", "/etc/alertmanager/alertmanager.yml"),
    "blackbox-exporter": (
        *("HUP", "/bin/blackbox_exporter", "--config.check"),
        "--config.file=/etc/blackbox_exporter/config.yml",
    ),
    "haproxy": (
        *("USR2", "haproxy", "-c", "-f", "/usr/local/etc/haproxy/haproxy.cfg"),
        *("-f", "/run/secrets/operators.cfg"),
    ),
    "prometheus": ("HUP", "promtool", "check", "config", "/etc/prometheus/prometheus.yml"),
}
"""The signal that makes a service read its files, and what checks them before; every other starts anew."""

PREPARATIONS = frozenset(
    {
        "folder /opt/swarm 0700",
        "folder /opt/swarm/metrics 0755",
        "kernel net.ipv4.ip_nonlocal_bind 1",
        "kernel vm.overcommit_memory 1",
        (
            "unit aiswarm-gpu-power-cap.service "
            "nvidia-smi --query-gpu=index,name,power.limit --format=csv,noheader"
        ),
    }
)
"""What a machine's preparation does beside files: folders, kernel settings, units with what shows them."""

PUT_FILES: Mapping[str, frozenset[str]] = {
    "/etc/sysctl.d/90-aiswarm.conf": frozenset(
        {
            "7348ce069a8e09b70f58c553c295dc78cf5620ddf818a87c826ca81dea32663f",
            "c0aa6e33bc61fcb20db88faa314adf6afedb174c8b9982cab60c945d99274314",
        }
    ),
    "/etc/systemd/system/aiswarm-gpu-power-cap.service": frozenset(
        {
            "2e48699ff48cf410709633bbca67a4f9142580e72c7945e8c36b0987cb4cf55d",
        }
    ),
    "/etc/systemd/system/docker.service.d/10-aiswarm.conf": frozenset(
        {
            "8e72c8cfc96199c9579c5bead58be45c765fba499ec40288443fd536b34b7d1c",
        }
    ),
    "/opt/swarm/host/gpu-power-cap.sh": frozenset(
        {
            "472be039203c54ecb0ff5bcafe87eb6de7b36b0ff64f7f303b11f015246eff73",
        }
    ),
}
"""SHA-256 of the files of a machine's system, without the mark of the stack that each carries."""
