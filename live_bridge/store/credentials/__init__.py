"""What proves who asks or registers, by digests: key pairs of programs (R-19.2), profiles of phones (R-15.8)."""
