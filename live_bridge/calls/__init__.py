"""Call control: the engine's commands carried out on SIP legs and media, and what happens there brought to the engine."""
