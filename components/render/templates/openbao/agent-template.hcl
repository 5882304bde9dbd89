
template {
  source = "§{source}"
  destination = "§{destination}"
  perms = "0440"
  backup = false
  error_on_missing_key = true
}
