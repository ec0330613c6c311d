extension Platform {
    /// The machine that this program runs on.
    package static var host: Platform {
        #if arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #elseif arch(arm)
            Platform(os: "linux", architecture: "arm", variant: "v7")
        #elseif arch(i386)
            Platform(os: "linux", architecture: "386")
        #else
            Platform(os: "linux", architecture: "amd64")
        #endif
    }
}
