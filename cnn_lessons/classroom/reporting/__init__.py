"""Make grades of results, and of grades tables, the page of the class, and a page for each student."""
