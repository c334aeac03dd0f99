"""Actions of people, customers and programs: each verb is one transaction under the session lock."""
