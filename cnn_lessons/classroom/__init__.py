"""For instructors: `release` hands chapters out. No edition that is handed out holds this room."""
