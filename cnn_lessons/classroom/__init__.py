"""For instructors: `release` hands chapters out, and `grade` grades what comes back.

No edition that is handed out holds this room.
"""
