# The data opens with a key that never leaves another server, so a start needs that server and nobody's hand. The token
# is renewed as long as the server runs: it must be periodic and have no parent whose end would be its own.
seal "transit" {
  address = "§{address}"
  key_name = "§{key_name}"
  mount_path = "§{mount_path}"
§{authority}  token = "§{token}"
}
