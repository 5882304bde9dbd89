"""The proof that no secret stands where it must not: every known value is looked for everywhere."""
