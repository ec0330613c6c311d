import OCISpec
import Operations
import Reports

extension ErrorSentence {
    /// Why images cannot share what they have in common.
    init(_ fault: AcrossFault) {
        switch fault {
        case .badCount(let limit):
            self.init(
                code: "usage", status: 2, message: "`--across` needs 2 images or more, and at most \(limit)",
                hint: "name them one after another: `strata optimize --across A B C --into 'REPO:{name}'`")
        case .sameName(let name, let one, let other):
            self.init(
                code: "name-collision", status: 2,
                message: "\(PathText.printable(one)) and \(PathText.printable(other)) would both be named \(name.familiar)",
                hint:
                    "`{name}` is the last part of the repository and the tag: give one of them another name with `strata tag` first"
            )
        case .noRoom(let count):
            self.init(
                code: "no-room", status: 2, message: "the layers to keep leave no room for others within `--max-layers \(count)`",
                hint: "keep fewer layers, or allow more")
        case .sameHash(let path):
            self.init(
                code: "not-the-same",
                message:
                    "two different files have the same hash, one of them at /\(PathText.display(path)), so nothing was written",
                hint: "one of the images was made to deceive: find out which, and leave it out")
        }
    }
}
