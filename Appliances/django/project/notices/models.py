from django.db import models


class Notice(models.Model):
    """One notice on the board, written by an administrator."""

    title = models.CharField(max_length=120)
    text = models.TextField(blank=True)
    posted = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-posted"]

    def __str__(self):
        return self.title
