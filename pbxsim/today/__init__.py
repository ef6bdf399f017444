"""Days under way and to come: the rest of a day from its morning, members who help where targets would be missed, and the days
after a log.
"""
