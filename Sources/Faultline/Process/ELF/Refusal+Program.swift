extension Refusal.Rule {
    /// What execve(2) finds in a program.
    public static func notExecutable(_ error: ELFError) -> Self {
        Self(
            "not_executable",
            "\("file", .name(error.file)): \("field", .name(error.field)) is \("value", .bits(error.value)): \("rule", .name(error.rule))"
        )
    }
}
