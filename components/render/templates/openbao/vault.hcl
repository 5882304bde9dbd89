ui = false
log_level = "info"
api_addr = "https://§{address}:§{port}"
cluster_addr = "https://127.0.0.1:§{cluster_port}"

# Each generation has a folder of its own, so a new start never touches what an earlier one left.
storage "raft" {
  path = "§{data_folder}/g§{generation}"
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
  tls_auto_reload = true
}

# A key id is a name for ever: other bytes under the same id leave the server sealed at its next start.
seal "static" {
§{seal_keys}
}

# Names of roles are no secret here and an id cannot be guessed, so a lockout would only let anyone who reaches the
# port keep everyone else out with five wrong logins.
user_lockout "approle" {
  disable_lockout = "true"
}

# A device whose options change keeps the server from becoming active: another file needs another name.
audit "file" "stdout" {
  options {
    file_path = "stdout"
  }
}

audit "file" "disk" {
  options {
    file_path = "§{audit_file}"
  }
}

# Runs once, on empty storage, and needs the file that holds the id: the program delivers it for the first start of a
# generation only, so a lost data folder never turns into an empty server unnoticed.
initialize "pulumi" {
  request "policy" {
    operation = "update"
    path = "sys/policies/acl/§{role}"
    data = {
      policy = {
        eval_source = "file"
        eval_type = "string"
        path = "§{policy_file}"
      }
    }
  }

  request "mount" {
    operation = "update"
    path = "sys/auth/§{role}"
    data = {
      type = "approle"
      description = "The Pulumi program, and nobody else"
    }
  }

  # A token must last as long as the longest run: the first one of a real stack loads large images.
  request "role" {
    operation = "update"
    path = "auth/§{role}/role/§{role}"
    data = {
      token_policies = ["§{role}"]
      token_ttl = "4h"
      token_max_ttl = "8h"
    }
  }

  request "role-id" {
    operation = "update"
    path = "auth/§{role}/role/§{role}/role-id"
    data = {
      role_id = "§{role}"
    }
  }

  request "secret-id" {
    operation = "update"
    path = "auth/§{role}/role/§{role}/custom-secret-id"
    data = {
      secret_id = {
        eval_source = "file"
        eval_type = "string"
        path = "§{secret_id_file}"
      }
    }
  }
}
