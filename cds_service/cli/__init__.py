"""The command igrt-cds."""
