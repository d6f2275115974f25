"""What people look at: tables, pictures, packets. Nothing here decides anything."""
