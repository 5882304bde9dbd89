\set password `cat §{password_file}`
SELECT 'CREATE ROLE §{name} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '§{name}') \gexec
ALTER ROLE §{name} PASSWORD :'password';
GRANT pg_monitor TO §{name};
GRANT CONNECT ON DATABASE postgres TO §{name};
