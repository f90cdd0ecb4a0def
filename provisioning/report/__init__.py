"""What came of an enrolment: who resembles whom, and a page for the people who decide."""
