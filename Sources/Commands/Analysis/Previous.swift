/// `--against previous`: the image before the one that is looked at, in the same repository.
enum Previous {
    /// What stands for it; an image of that name is `previous:latest`.
    static let word = "previous"
}
