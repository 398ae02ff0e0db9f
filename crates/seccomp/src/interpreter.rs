//! Runs a filter the way the kernel does, for tests.

use crate::bpf::{AND, Instruction, JUMP, JUMP_EQUAL, JUMP_GREATER, JUMP_GREATER_OR_EQUAL, LOAD, RETURN};

/// A system call as a filter sees it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Call {
    pub(crate) number: u32,
    pub(crate) audit: u32,
    pub(crate) args: [u64; 6],
}

impl Call {
    fn word(&self, offset: u32) -> u32 {
        match offset {
            0 => self.number,
            4 => self.audit,
            16..64 if offset.is_multiple_of(4) => {
                let arg = self.args[((offset - 16) / 8) as usize];
                if offset.is_multiple_of(8) { arg as u32 } else { (arg >> 32) as u32 }
            }
            _ => panic!("load of offset {offset}"),
        }
    }
}

/// The verdict and how many instructions it took. Panics on what the kernel would refuse to load.
pub(crate) fn run(program: &[Instruction], call: &Call) -> (u32, usize) {
    let (mut at, mut accumulator, mut steps) = (0, 0, 0);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        steps += 1;
        at += 1;
        let holds = match code {
            LOAD => {
                accumulator = call.word(k);
                continue;
            }
            AND => {
                accumulator &= k;
                continue;
            }
            JUMP => {
                at += k as usize;
                continue;
            }
            RETURN => return (k, steps),
            JUMP_EQUAL => accumulator == k,
            JUMP_GREATER => accumulator > k,
            JUMP_GREATER_OR_EQUAL => accumulator >= k,
            other => panic!("opcode {other:#x}"),
        };
        at += usize::from(if holds { jt } else { jf });
    }
}
