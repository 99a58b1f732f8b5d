"""The run floor: notebooks executed, blocks collected, reports rendered."""
