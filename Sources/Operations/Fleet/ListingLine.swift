import OCISpec

/// Reads lines of listings: objects of JSON, field by field, and no name twice.
enum ListingLine {
    /// Calls `body` with the name of each field and a reader that stands before its value, which `body` must take; returns what is
    /// wrong with the line, after all of it that can be read.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (String, inout JSONReader) throws(ListingLineError) -> Void
    ) -> Result<Void, ListingLineError> {
        var reader = JSONReader(bytes)
        var failure: ListingLineError?
        var seen: Set<String> = []
        do throws(JSONReader.Fault) {
            var name: String?
            while try reader.nextValue(&name), let name {
                if !seen.insert(name).inserted { failure = failure ?? .repeated(name) }
                var value = reader
                // The reader that goes on is past the value, whatever becomes of it.
                try reader.skip()
                do throws(ListingLineError) { try body(name, &value) } catch { failure = failure ?? error }
            }
            try reader.finish()
        } catch {
            return .failure(.notAnObject(at: error.offset))
        }
        if let failure { return .failure(failure) }
        return .success(())
    }

    static func string(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) -> String {
        do { return try reader.string() } catch { throw .badField(name) }
    }

    static func integer(_ name: String, _ reader: inout JSONReader) throws(ListingLineError) -> Int64 {
        do { return try reader.integer() } catch { throw .badField(name) }
    }

    /// A value as it stands.
    static func raw(_ reader: inout JSONReader) throws(ListingLineError) -> [UInt8] {
        do { return Array(try reader.rawValue()) } catch { throw .notAnObject(at: error.offset) }
    }

    /// The string that a value is; nil for any other.
    static func string(_ value: [UInt8]) -> String? {
        value.withUnsafeBufferPointer { bytes in
            var reader = JSONReader(bytes)
            // Whatever else it is, it is no string.
            do throws(JSONReader.Fault) { return try reader.string() } catch { return nil }
        }
    }

    /// The strings among the values of an object; none where the value is none.
    static func texts(_ value: [UInt8]) -> [ExactText: String] {
        var found: [ExactText: String] = [:]
        value.withUnsafeBufferPointer { bytes in
            _ = read(bytes) { name, reader throws(ListingLineError) in
                found[ExactText(name)] = try string(name, &reader)
            }
        }
        return found
    }

    /// A field as it is passed on, with a comma before it.
    static func field(_ name: String, _ value: [UInt8]) -> [UInt8] {
        var line = JSONLine()
        line.begin(with: [])
        line.key(name)
        line.raw(value)
        return line.bytes
    }
}
