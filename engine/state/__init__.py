"""What a tenant holds while calls run: plain objects and their state tables. Nothing here decides where a call goes."""
