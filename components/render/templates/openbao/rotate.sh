        size=$(wc -c <§{audit}) || continue
        [ "$size" -ge §{rotate_bytes} ] || continue
        for number in §{numbers}; do
            if [ -e "§{audit}.$number" ]; then mv -f "§{audit}.$number" "§{audit}.$((number + 1))"; fi
        done
        mv -f §{audit} §{audit}.1
        kill -HUP $$
