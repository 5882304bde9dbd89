# Whether there is a seal key before the current one. A server that has initialised itself keeps its data under that
# key until its root key changes, contrary to the manual (openbao/openbao#3996).
reseal=§{reseal}
