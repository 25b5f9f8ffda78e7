"""The reference answers, one module a chapter, one function an exercise, under the name of the exercise."""
