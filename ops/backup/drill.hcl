# The scratch server of a drill. Everything is in one folder in memory, and goes with its container.
api_addr = "http://127.0.0.1:$port"
cluster_addr = "http://127.0.0.1:$cluster_port"

storage "raft" {
  path = "$folder/data"
  node_id = "drill"
  performance_multiplier = 1
}

# Logins of nodes are bound to their addresses. Nobody but the drill reaches this listener, so it may say where a
# request would have come from, and the bounds are tried as they are.
listener "tcp" {
  address = "127.0.0.1:$port"
  tls_disable = true
  x_forwarded_for_authorized_addrs = "127.0.0.1/32"
  x_forwarded_for_reject_not_present = false
}

seal "static" {
  current_key_id = "$key_id"
  current_key = "file://$folder/$key.key"
}

# The one right that is needed before the snapshot is in, and then is gone with everything else of this server.
initialize "drill" {
  request "policy" {
    operation = "update"
    path = "sys/policies/acl/drill"
    data = {
      policy = "path \"sys/storage/raft/snapshot\" { capabilities = [\"update\"] }"
    }
  }

  request "token" {
    operation = "update"
    path = "auth/token/create"
    data = {
      id = {
        eval_source = "file"
        eval_type = "string"
        path = "$folder/token"
      }
      policies = ["drill"]
      no_parent = true
      ttl = "15m"
    }
  }
}
