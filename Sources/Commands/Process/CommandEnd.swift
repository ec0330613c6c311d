/// The end of a command that stands for another one: its status is that of this process, and all was said.
struct CommandEnd: Error {
    let status: Int32
}
