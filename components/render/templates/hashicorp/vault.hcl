ui = false
log_level = "info"
api_addr = "https://§{address}:§{port}"
cluster_addr = "https://127.0.0.1:§{cluster_port}"

# Raft maps its file into memory, and locking that would keep all of it there; the container has no swap.
disable_mlock = true

# Each generation has a folder of its own, so a new start never touches what an earlier one left.
storage "raft" {
  path = "§{storage}"
  node_id = "vault"
  # One server elects itself; with the default it would wait some seconds for others first.
  performance_multiplier = 1
}

listener "tcp" {
  address = "0.0.0.0:§{port}"
  cluster_address = "127.0.0.1:§{cluster_port}"
  tls_cert_file = "§{certificate_file}"
  tls_key_file = "§{private_key_file}"
  tls_min_version = "tls12"
}

# Names of roles are no secret here and an id cannot be guessed, so a lockout would only let anyone who reaches the
# port keep everyone else out with five wrong logins.
user_lockout "approle" {
  disable_lockout = "true"
}
