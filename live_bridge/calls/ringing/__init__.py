"""A user's own phones ring: for a call that a program asked for, to sign in, to listen to a talk. No call of the engine yet."""
