# What the Pulumi program and `./swarm` may do. Whoever writes policies and roles can give himself more: this keeps
# mistakes small, not an intruder.

# The store of secrets, and its entries with all versions.
path "sys/mounts" {
  capabilities = ["read"]
}
path "sys/mounts/§{mount}" {
  capabilities = ["create", "read", "update", "delete"]
}
path "sys/mounts/§{mount}/tune" {
  capabilities = ["read", "update"]
}
path "§{mount}/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}
# Keys that an operator put in by hand: written by `./swarm keys set`, read by agents only.
path "§{mount}/data/§{external}/*" {
  capabilities = ["create", "update", "delete"]
}

# The login of the nodes' agents.
path "sys/auth" {
  capabilities = ["read"]
}
path "sys/auth/§{nodes}" {
  capabilities = ["create", "read", "update", "delete", "sudo"]
}
path "sys/auth/§{nodes}/tune" {
  capabilities = ["read", "update", "sudo"]
}
path "sys/mounts/auth/§{nodes}/tune" {
  capabilities = ["read", "update"]
}
path "auth/§{nodes}/*" {
  capabilities = ["create", "read", "update", "delete", "list"]
}

path "sys/policies/acl" {
  capabilities = ["list"]
}
path "sys/policies/acl/*" {
  capabilities = ["create", "read", "update", "delete"]
}
# This very policy: without it every later call would be refused, so it cannot be deleted.
path "sys/policies/acl/§{role}" {
  capabilities = ["create", "read", "update"]
}

# The program's own id: a new one, and the end of the one before.
path "auth/§{role}/role/§{role}/custom-secret-id" {
  capabilities = ["create", "update"]
}
path "auth/§{role}/role/§{role}/secret-id/destroy" {
  capabilities = ["create", "update"]
}

# What brings the data under a new seal key.
path "sys/rotate/root" {
  capabilities = ["update", "sudo"]
}

# A snapshot of everything, for backups. It opens with the seal key only.
path "sys/storage/raft/snapshot" {
  capabilities = ["read"]
}
