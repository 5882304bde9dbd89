        size=$(wc -c <§{audit}) || continue
        [ "$size" -ge §{rotate_bytes} ] || continue
        for number in §{numbers}; do
            [ -e "§{audit}.$number" ] || continue
            mv -f "§{audit}.$number" "§{audit}.$((number + 1))" || continue 2
        done
        mv -f §{audit} §{audit}.1 || continue
        kill -HUP $$
