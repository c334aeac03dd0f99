"""What people, customers and programs do: each verb is one transaction under the session lock."""
