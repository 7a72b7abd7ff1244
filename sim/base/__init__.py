"""What everything stands on: errors, numbers, text files, arguments and the texts of refusals."""
