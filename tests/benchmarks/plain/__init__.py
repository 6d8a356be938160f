"""What a team would write first: Django REST framework by the book, with jsonb columns, on a table of its own."""
