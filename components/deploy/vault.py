"""The Vault server and all that it holds. No root token and no unseal key ever exists outside of it.

A new server has a policy and one login, whose secret this program has chosen before the server exists.
OpenBao makes both for itself (declarative self-initialisation); for HashiCorp Vault the ready command does.
With this login the engine declares the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi
import pulumi_command as command
import pulumi_vault as vault

from components.deploy.authority import write_authority
from components.deploy.files import RUN, as_root, script_line
from components.deploy.place import Place
from components.deploy.providers import ssh_connection
from components.deploy.secrets import Secrets
from components.deploy.service import Service
from components.model.files import Bootstrap
from components.model.naming import bootstrap_folder
from components.model.specs import ServiceSpec
from components.model.vault import VERSION_FIELD, Entry, NodeAccess, Vault

_TOKEN_SECONDS = 3600
_LONGEST_TOKEN_SECONDS = 24 * 3600

_BOOTSTRAP, _AWAIT_READY = "bootstrap.sh", "await_ready.sh"
_STAYS_WITHIN_SECONDS = 60


class VaultServer(pulumi.ComponentResource):
    """The server's container, from first start to the first login."""

    ready: pulumi.Resource
    """There once the server is active and has accepted the engine's own login."""

    def __init__(self, spec: ServiceSpec, place: Place, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("aiswarm:index:VaultServer", f"{spec.full_name}-server", {}, opts)
        if spec.bootstrap is None:
            raise ValueError(f"{spec.full_name}: must have what its first start needs")
        self._spec, self._bootstrap, self._place = spec, spec.bootstrap, place
        delivered = self._deliver(spec, spec.bootstrap, place)
        service = Service(
            spec,
            place,
            after=[delivered],
            files_after=[delivered],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.ready = self._await(spec, spec.bootstrap, place, [delivered, service.container])
        self.register_outputs({"container_name": service.container_name})

    def retire(self, after: Sequence[pulumi.Resource]) -> command.remote.Command:
        """End the login of before, once the state has a provider with the one of now.

        A run that breaks off any earlier leaves a state whose next refresh can log in with what it has.
        """
        retire = as_root(
            self._place.node,
            ["docker", "exec", "--interactive", self._spec.full_name, *self._bootstrap.retire],
        )
        return command.remote.Command(
            f"{self._spec.full_name}-retire",
            connection=ssh_connection(self._place.node),
            create=retire,
            update=retire,
            stdin=self._place.secrets.text(self._bootstrap.ready_input),
            logging=command.remote.Logging.NONE,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(after),
                additional_secret_outputs=["stdin", "stdout", "stderr"],
            ),
        )

    def _deliver(self, spec: ServiceSpec, bootstrap: Bootstrap, place: Place) -> command.remote.Command:
        """Put the first login on the node, once for each generation, and refuse a generation of before.

        An update does nothing: written again, the file would stay, because only a first login removes it.
        """
        folder = bootstrap_folder(spec.name)
        arguments = [folder, bootstrap.file.name, spec.image.user, str(bootstrap.generation)]
        return command.remote.Command(
            f"{spec.full_name}-bootstrap",
            connection=ssh_connection(place.node),
            create=as_root(place.node, ["sh", "-c", RUN, "bootstrap", *arguments]),
            update="cat >/dev/null",
            delete=as_root(place.node, ["rm", "-f", "--", f"{folder}/{bootstrap.file.name}"]),
            stdin=place.secrets.text((_script(_BOOTSTRAP), *bootstrap.file.parts)),
            triggers=[bootstrap.generation],
            logging=command.remote.Logging.NONE,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Otherwise the old one's `delete` would run last, and on the new one's file.
                delete_before_replace=True,
                additional_secret_outputs=["stdin", "stdout", "stderr"],
            ),
        )

    def _await(
        self, spec: ServiceSpec, bootstrap: Bootstrap, place: Place, begun: Sequence[pulumi.CustomResource]
    ) -> command.remote.Command:
        """Wait until the engine can log in, then remove what it needed for that: again after each of `begun`.

        The health check cannot say it: a server whose own initialisation broke off is active and lets nobody
        in. The same command brings a changed login into force while the old one still works.
        """
        leftover = f"{bootstrap_folder(spec.name)}/{bootstrap.file.name}"
        arguments = [leftover, spec.full_name, str(_STAYS_WITHIN_SECONDS), *bootstrap.ready]
        await_login = as_root(place.node, ["sh", "-c", RUN, "ready", *arguments])
        return command.remote.Command(
            f"{spec.full_name}-ready",
            connection=ssh_connection(place.node),
            create=await_login,
            update=await_login,
            stdin=place.secrets.text((_script(_AWAIT_READY), *bootstrap.ready_input)),
            triggers=[bootstrap.generation, *(resource.id for resource in begun)],
            logging=command.remote.Logging.NONE,
            add_previous_output_in_env=False,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(begun),
                additional_secret_outputs=["stdin", "stdout", "stderr"],
            ),
        )


def _script(name: str) -> str:
    """A script of this folder, for the beginning of standard input."""
    return script_line(Path(__file__).with_name(name))


class SwarmSecrets(pulumi.ComponentResource):
    """Everything that the server holds: an entry a service, a policy and a login a node."""

    entries: Mapping[str, Mapping[str, pulumi.Resource]]
    """The entry of each service, by node and by the service's short name."""

    access: Mapping[str, list[pulumi.Resource]]
    """What must be there before a node's agent can work, by node."""

    def __init__(
        self,
        name: str,
        content: Vault,
        secrets: Secrets,
        *,
        server: VaultServer,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("aiswarm:index:SwarmSecrets", name, {}, opts)
        self._content, self._secrets = content, secrets
        provider = self._login(name, server)
        own = pulumi.ResourceOptions(parent=self, provider=provider)
        # The right to do all that follows. Removed or replaced, it would take the engine's own rights with it
        # and leave everything else in place, for ever.
        self._login_policy = vault.Policy(
            f"{name}-policy-{content.login_mount}",
            name=content.login_mount,
            policy=content.login_policy,
            opts=pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(retain_on_delete=True)),
        )
        server.retire([self._login_policy])
        self._options = pulumi.ResourceOptions.merge(
            own,
            pulumi.ResourceOptions(
                depends_on=[self._login_policy],
                delete_before_replace=True,
                replacement_trigger=content.generation,
            ),
        )
        self._mount = self._store(name)
        self._backend = vault.AuthBackend(
            f"{name}-approle", type="approle", path="approle", opts=self._options
        )
        self.entries = {node: self._entries(name, node, each) for node, each in content.nodes.items()}
        self.access = {node: self._access(name, node, each) for node, each in content.nodes.items()}
        self.register_outputs(
            {"services": [entry.path for each in content.nodes.values() for entry in each.entries.values()]}
        )

    def _store(self, name: str) -> vault.Mount:
        return vault.Mount(
            f"{name}-mount",
            path=self._content.mount,
            type="kv",
            options={"version": "2"},
            description="Secrets of the swarm's services",
            opts=self._options,
        )

    def _login(self, name: str, server: VaultServer) -> vault.Provider:
        """The engine's login. Nothing is dialled before the first real change, so a preview needs no server.

        Everything but the secret is known before the server is there: an unknown input would show all content
        as unknown. A child token is skipped, because making one is a right that can make a root token.
        """
        content = self._content
        secret_id = self._secrets.value(content.login)
        login = pulumi.Output.all(role_id=content.login_mount, secret_id=secret_id)
        return vault.Provider(
            name,
            address=content.address,
            ca_cert_file=_authority_file(content.ca_certificate),
            auth_login=vault.ProviderAuthLoginArgs(
                path=f"auth/{content.login_mount}/login", parameters=pulumi.Output.secret(login)
            ),
            skip_child_token=True,
            vault_version_override=content.product.provider_version,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[server.ready]),
        )

    def _entries(self, name: str, node: str, access: NodeAccess) -> dict[str, pulumi.Resource]:
        return {
            service: vault.kv.SecretV2(
                f"{name}-{node}-{service}",
                mount=self._mount.path,
                name=entry.path,
                data_json=self._data(entry),
                delete_all_versions=True,
                opts=self._options,
            )
            for service, entry in access.entries.items()
        }

    def _data(self, entry: Entry) -> pulumi.Output[str]:
        """The entry as JSON: texts only, because the audit log scrambles nothing else (OpenBao, audit)."""
        values = {ref.name: self._secrets.value(ref) for ref in entry.fields}
        values[VERSION_FIELD] = self._secrets.version(entry.service)
        return pulumi.Output.secret(
            pulumi.Output.all(**values).apply(lambda known: json.dumps(known, sort_keys=True))
        )

    def _access(self, name: str, node: str, access: NodeAccess) -> list[pulumi.Resource]:
        """Make the agent's policy, role and secret id.

        The addresses are bound to the role, not to the secret id: the provider would compare both lists.
        """
        policy = vault.Policy(
            f"{name}-policy-{node}", name=access.role, policy=access.policy, opts=self._options
        )
        role = vault.approle.AuthBackendRole(
            f"{name}-role-{node}",
            backend=self._backend.path,
            role_name=access.role,
            role_id=access.role,
            token_policies=[policy.name],
            token_ttl=_TOKEN_SECONDS,
            token_max_ttl=_LONGEST_TOKEN_SECONDS,
            secret_id_bound_cidrs=list(access.cidrs),
            token_bound_cidrs=list(access.cidrs),
            opts=self._options,
        )
        secret_id = vault.approle.AuthBackendRoleSecretId(
            f"{name}-id-{node}",
            backend=self._backend.path,
            role_name=role.role_name,
            secret_id=self._secrets.value(access.secret_id),
            opts=self._options,
        )
        return [secret_id, *self.entries[node].values()]


def _authority_file(certificate: str) -> str:
    """Write the authority where the provider can read it."""
    return write_authority(pulumi.get_stack(), certificate)
