//! Worlds by number, quickly also where nothing is optimised: the search spends its time here.

use std::hash::Hasher;

/// Keys and their numbers, in open addressing. A key is not 0.
pub struct Numbers {
    slots: Vec<(u64, u32)>,
    used: usize,
}

impl Numbers {
    pub fn new() -> Self {
        Self { slots: vec![(0, 0); 1 << 16], used: 0 }
    }

    /// The number of a key; `next` where it is new.
    pub fn of(&mut self, key: u64, next: u32) -> u32 {
        let mask = self.slots.len() - 1;
        let mut at = spread(key) as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.0 == key {
                return slot.1;
            }
            if slot.0 == 0 {
                break;
            }
            at = (at + 1) & mask;
        }
        self.slots[at] = (key, next);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            let larger = vec![(0, 0); self.slots.len() * 4];
            self.used = 0;
            for (key, number) in std::mem::replace(&mut self.slots, larger) {
                if key != 0 {
                    self.of(key, number);
                }
            }
        }
        next
    }
}

fn spread(key: u64) -> u64 {
    let mixed = (key ^ (key >> 32)).wrapping_mul(0x517c_c1b7_2722_0a95);
    mixed ^ (mixed >> 29)
}

/// A hash for small keys that nobody chooses to collide.
#[derive(Default)]
pub struct Mix(u64);

impl Mix {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.mix(u64::from(*byte)));
    }

    fn write_u16(&mut self, word: u16) {
        self.mix(u64::from(word));
    }

    fn write_i64(&mut self, word: i64) {
        self.mix(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.mix(word as u64);
    }
}
