"""What does a customer cost, when is that earned back, and what was burnt for growth? The chapter in three modules."""
