"""The rest of a day under way: its calls forecast again from the morning, and members who help where targets would be missed."""
