"""Bulk jobs: selecting what is done to which conversations, the dry run, and the jobs themselves."""
