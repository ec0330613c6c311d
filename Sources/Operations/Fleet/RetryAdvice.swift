import Distribution
import Foundation
import Glibc
import ImageTransfer
import LayerArchive
import StorageIO
import SystemPackage

/// Whether what failed may get better when it is tried again, elsewhere or later.
enum RetryAdvice {
    /// Networks and servers may, a machine that lacks room or files; damage and refusals do not.
    static func isWorthwhile(_ error: any Error) -> Bool {
        switch error {
        case let error as DistributionError: isWorthwhile(error)
        case let error as LayerArchiveError: isWorthwhile(error)
        case let error as StorageError: isOfMachine(error.errno.rawValue)
        case TransferError.unreadable(_, let errno): isOfMachine(errno)
        default: false
        }
    }

    private static func isWorthwhile(_ error: DistributionError) -> Bool {
        switch error {
        case .network(_, let failure): failure.mayPass
        case .refused(_, let status, _): status == 408 || status == 425 || status == 429 || status >= 500
        case .busy: true
        case .badLayer(_, let error): isWorthwhile(error)
        default: false
        }
    }

    private static func isWorthwhile(_ error: LayerArchiveError) -> Bool {
        switch error {
        case .outOfResources: true
        case .io(_, let errno), .write(let errno): isOfMachine(errno)
        default: false
        }
    }

    private static func isOfMachine(_ errno: Int32) -> Bool {
        [ENOMEM, ENOSPC, EDQUOT, EMFILE, ENFILE, EAGAIN, EINTR, EIO, ESTALE, ETIMEDOUT].contains(errno)
    }
}
