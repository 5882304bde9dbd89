"""The pack: each rule on plain values, the frame around the rules, and the real pack process."""
