"""The public record of a deployment: made from its log alone, so that anybody can make it again."""
