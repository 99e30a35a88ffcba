/** Connects to the socket of its first argument and becomes a Node that runs its second one, with the socket's number as argument. */
import process from 'node:process'
import { installFilter } from '../../sandbox/seccomp.ts'
import { SYS } from '../../sandbox/syscall-numbers.ts'
import { becomeService, connectNotifySocket } from '../become-service.ts'

const [path = '', code = ''] = process.argv.slice(2)
// As RestrictAddressFamilies= without AF_UNIX would have it.
installFilter({ rules: [{ calls: [SYS.socket], verdict: { errno: 97 } }], otherwise: 'allow' }, 'this-thread')
const fd = connectNotifySocket(path)
becomeService(['--eval', code, '--', String(fd)], { KEPT: 'yes' }, fd)
