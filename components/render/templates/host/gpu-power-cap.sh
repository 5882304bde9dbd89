#!/bin/sh
# cap: caps the power of each card; default: gives each its own limit back. The unit stays as it is when a number
# changes here, so that systemd need not read it again.
set -eu

# One card a line: its index, as nvidia-smi counts, and watts.
caps='§{caps}'

# Without it the driver forgets the cap as soon as nobody uses the card.
[ "$1" = default ] || nvidia-smi -pm 1

printf '%s\n' "$caps" | while read -r card watts; do
	if [ "$1" = default ]; then
		watts=$(nvidia-smi -i "$card" --query-gpu=power.default_limit --format=csv,noheader,nounits)
	fi
	nvidia-smi -i "$card" -pl "$watts"
done
