//! Finds the numbers of events in the bytes of a stream, however these are cut into pieces.

/// What stands before an event's number, and nowhere else in a stream.
pub const MARK: u8 = b'@';

/// The digits of a number.
pub const DIGITS: usize = 8;

/// How far a number has been read.
#[derive(Default)]
pub struct FrameReader {
    /// Bytes of mark and number that have been read.
    matched: u8,
    number: u32,
}

impl FrameReader {
    /// Calls `found` with each number that `bytes` complete.
    pub fn read(&mut self, bytes: &[u8], mut found: impl FnMut(u32)) {
        for byte in bytes {
            match (self.matched, byte) {
                (_, &MARK) => (self.matched, self.number) = (1, 0),
                (0, _) => {}
                (_, b'0'..=b'9') => {
                    self.number = self.number * 10 + u32::from(byte - b'0');
                    self.matched += 1;
                    if usize::from(self.matched) > DIGITS {
                        found(self.number);
                        self.matched = 0;
                    }
                }
                _ => self.matched = 0,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_however_the_bytes_are_cut() {
        let bytes = b"id: 1\ndata: {\"n\":\"@00000042\"}\n\n: @123\n\nid: 2\ndata: {\"n\":\"@99999999\"}\n\n";
        for piece in 1..bytes.len() {
            let (mut reader, mut numbers) = (FrameReader::default(), Vec::new());
            bytes.chunks(piece).for_each(|piece| reader.read(piece, |number| numbers.push(number)));
            assert_eq!(numbers, [42, 99_999_999], "pieces of {piece}");
        }
    }
}
