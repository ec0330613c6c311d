/// The value of an expression; where that throws, what `convert` makes of its error is thrown.
///
/// Each module throws errors of its own, so one of a module below becomes the caller's: `try lift(try file.sync(), to: ContentError.init)`.
@inlinable package func lift<Value, Cause: Error, Failure: Error>(
    _ value: @autoclosure () throws(Cause) -> Value, to convert: (Cause) -> Failure
) throws(Failure) -> Value {
    do throws(Cause) { return try value() } catch { throw convert(error) }
}

/// The same for several statements.
@inlinable package func lift<Value, Cause: Error, Failure: Error>(
    to convert: (Cause) -> Failure, _ body: () throws(Cause) -> Value
) throws(Failure) -> Value {
    do throws(Cause) { return try body() } catch { throw convert(error) }
}

/// The value of an expression; nil where what it looks for is not there.
package func ifPresent<Value>(
    _ value: @autoclosure () throws(StorageError) -> Value
) throws(StorageError) -> Value? {
    do throws(StorageError) { return try value() } catch {
        if error.isAbsent { return nil }
        throw error
    }
}

/// The same of a value that may itself be nil.
package func ifPresent<Value>(
    _ value: @autoclosure () throws(StorageError) -> Value?
) throws(StorageError) -> Value? {
    do throws(StorageError) { return try value() } catch {
        if error.isAbsent { return nil }
        throw error
    }
}
