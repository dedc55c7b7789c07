"""What one needs to write a desk."""
